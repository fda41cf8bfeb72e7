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
  const words = adapter.split(/[-_.]/).map(word => word.slice(0, 1).toUpperCase() + word.slice(1))
  const name = words.join('')
  return /^[0-9]/.test(name) ? `Adapter${name}Successful` : `${name}Successful`
}
