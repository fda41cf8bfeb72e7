// The variables that Kubernetes sets in every container for every Service of the namespace. Those for a Service whose
// name begins with `hyperfleet` look like settings: `hyperfleet-metrics` gives HYPERFLEET_METRICS_PORT=tcp://10.0.0.1:9090.

/** Such variables have these names whatever they hold. No setting does. */
const LINK_NAME =
  /^HYPERFLEET(_[A-Z0-9]+)*_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/
/** This name may be a setting's: then the value tells. A port is never an address. */
const PORT_NAME = /^HYPERFLEET(_[A-Z0-9]+)*_PORT$/
const ADDRESS = /^(tcp|udp|sctp):\/\//

/**
 * Whether Kubernetes has set the variable as the link to a Service: by its name, or, where it ends in `_PORT`, by a value
 * such as `tcp://10.0.0.1:9090`.
 */
export function isServiceLink(variable: string, value: string): boolean {
  return LINK_NAME.test(variable) || (PORT_NAME.test(variable) && ADDRESS.test(value))
}

/** The one warning about all of them; undefined when there are none. */
export function serviceLinkWarning(variables: readonly string[]): string | undefined {
  if (variables.length === 0) return undefined
  return (
    `ignored ${variables.toSorted().join(', ')}: Kubernetes sets such variables for Services whose names begin with ` +
    "'hyperfleet', and their values are no settings; 'enableServiceLinks: false' in the pod's spec leaves them out"
  )
}
