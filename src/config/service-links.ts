// Variables that Kubernetes sets in every container for every Service of the namespace. For a Service whose name begins
// with `hyperfleet` they look like settings: `hyperfleet-metrics` gives HYPERFLEET_METRICS_PORT=tcp://10.0.0.1:9090.

/** Names that no setting has. */
const LINK_NAME =
  /^HYPERFLEET(_[A-Z0-9]+)*_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/
/** Names that may also be settings. The value decides: a port is never an address. */
const PORT_NAME = /^HYPERFLEET(_[A-Z0-9]+)*_PORT$/
const ADDRESS = /^(tcp|udp|sctp):\/\//

/**
 * Reports whether Kubernetes set the variable as the link to a Service. The name shows it, or, where that ends in
 * `_PORT`, a value such as `tcp://10.0.0.1:9090`.
 */
export function isServiceLink(variable: string, value: string): boolean {
  return LINK_NAME.test(variable) || (PORT_NAME.test(variable) && ADDRESS.test(value))
}

/** Builds the one warning for all of them; undefined if there are none. */
export function serviceLinkWarning(variables: readonly string[]): string | undefined {
  if (variables.length === 0) return undefined
  return (
    `ignored ${variables.toSorted().join(', ')}: Kubernetes sets such variables for Services whose names begin with ` +
    "'hyperfleet'; they are not settings. To leave them out, set 'enableServiceLinks: false' in the pod's spec"
  )
}
