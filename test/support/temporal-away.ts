/** As Temporal's client fails while its server cannot be reached: gRPC's UNAVAILABLE is the cause. */
export function temporalIsAway(): Error {
  return new Error('Failed to describe workflow', { cause: Object.assign(new Error('14 UNAVAILABLE'), { code: 14 }) });
}
