/** From an order's state and inputs to its next state and effects. */
export { decideInPhase } from './decide';
export { applyDeliveryResult } from './delivery-result';
export { renamedByResults } from './learned-holder';
export { brokenBy, heldFor, type Hold, type HoldBreak, holdBreaks } from './hold';
export { stateWaitMs } from './waiting';
export type { CommandInput } from './operator-commands';
export type { Effect } from './step';
export type { FactInput, Input, Transition, TransitionOptions } from './transition';
export { isAtRest, nextDue, transition } from './transition';
