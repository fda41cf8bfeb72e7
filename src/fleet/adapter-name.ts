// Names of adapters, and the condition types derived from them (contract 5.1, 6.10).

/** JSON Schema of adapter names: any name that a cluster can use for one (contract 5.1). */
export const ADAPTER_NAME = {
  minLength: 1,
  maxLength: 255,
  pattern: '^[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?$',
} as const

/**
 * The type of an adapter's own condition (contract 6.10): `gcp-provisioner` becomes `GcpProvisionerSuccessful`, `3scale.io`
 * becomes `Adapter3scaleIoSuccessful`. Several names may share one type.
 */
export function conditionType(adapter: string): string {
  let name = ''
  let start = 0
  for (let end = 0; end <= adapter.length; end++) {
    if (end < adapter.length && !isSeparator(adapter.charCodeAt(end))) continue
    if (end > start) name += adapter.charAt(start).toUpperCase() + adapter.slice(start + 1, end)
    start = end + 1
  }
  const first = name.charCodeAt(0)
  return first >= ZERO && first <= NINE ? `Adapter${name}Successful` : `${name}Successful`
}

const [DASH, UNDERSCORE, DOT, ZERO, NINE] = [0x2d, 0x5f, 0x2e, 0x30, 0x39]

function isSeparator(unit: number): boolean {
  return unit === DASH || unit === DOT || unit === UNDERSCORE
}
