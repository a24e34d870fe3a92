/** Other settings, tried on recorded payments (docs/decisions/0018-simulation.md). */
export { countHere } from './count';
export { createSimulator, SimulationsBusy, type Simulator } from './simulator';
export { type CellEffect, type CellTotal, mostDifferences, type Simulation, type TotalEffect } from './summary';
export { createSimulationThread, type SimulationThread } from './thread';
