// The metrics of a server, read like Prometheus reads them.

export interface Scrape {
  readonly text: string
  /** All samples, by name and labels as printed. */
  readonly samples: ReadonlyMap<string, number>
  /** Label names by metric. */
  readonly labels: ReadonlyMap<string, ReadonlySet<string>>
}

export async function scrape(port: number | undefined): Promise<Scrape> {
  return scraped(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text())
}

export function scraped(text: string): Scrape {
  const samples = new Map<string, number>()
  const labels = new Map<string, Set<string>>()
  for (const line of text.split('\n')) {
    const [, series = '', name = '', list = '', value = ''] =
      /^(([a-zA-Z_:][\w:]*)(?:\{(.*)\})?) (\S+)$/.exec(line) ?? []
    if (name === '') continue
    samples.set(series, Number(value))
    const known = labels.get(name) ?? new Set()
    for (const [, label = ''] of list.matchAll(/(\w+)="/g)) known.add(label)
    labels.set(name, known)
  }
  return { text, samples, labels }
}
