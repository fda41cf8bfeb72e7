// What a condition may leave out.

export type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

/** Sets what may be missing. (Spreads of objects that may be empty took a twentieth of a start.) */
export function readReason<T extends { reason?: string; message?: string }>(
  condition: T,
  document: { readonly reason?: string; readonly message?: string },
): T {
  if (document.reason !== undefined) condition.reason = document.reason
  if (document.message !== undefined) condition.message = document.message
  return condition
}
