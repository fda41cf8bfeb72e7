// Limits of the fleet, with the contract's defaults. The configuration can change them.

export interface FleetLimits {
  /** Adapters that may report about one resource (contract 5.1). */
  readonly adaptersPerResource: number
  /** Different adapters that may report about one kind of resource (contract 5.1). */
  readonly adaptersPerKind: number
  /** Milliseconds by which a report's `observed_time` may be ahead of the server's clock (contract 5.3). */
  readonly reportAheadMs: number
}
