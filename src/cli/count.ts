// Numbers as the commands print them.

/** A number for people: rounded, with thousands set apart. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',')
}
