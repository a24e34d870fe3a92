/** From a provider's evidence to the phases of an order's payments. */
export { assignPhases } from './assign';
export type { PhaseAssignment, PhaselessReason } from './assign';
export { chargeOf, isSaidTrial, mayBeRegular, roleOfLines } from './charge';
export { readChange, readOther, readStart } from './reading';
export type { ChargeReading, ListedCharge } from './reading';
export { explainPhase } from './why';
export type { PhaseExplanation, PhasePlace } from './why';
