// OpenTelemetry's variables (its specification, "Environment Variables") as settings of tracing. They count only where
// no setting of this server is given. As the specification demands, an empty variable is unset, and a wrong one is
// ignored with a warning.

import type { Environment } from './environment.ts'
import { readHeaders, readKeyValues } from './key-values.ts'
import type { Given } from './origin.ts'
import type { SettingLeaf } from './schema.ts'
import { refusal } from './value.ts'

export interface OtelReading {
  readonly given: readonly Given[]
  readonly warnings: readonly string[]
}

/** A value that a variable gives to a setting of the section `tracing`, or a warning why it gives none. */
type Found =
  | { readonly kind: 'value'; readonly setting: string; readonly variable: string; readonly value: unknown }
  | { readonly kind: 'warning'; readonly text: string }

interface Variable {
  readonly name: string
  readonly text: string
}

const OTLP = 'OTEL_EXPORTER_OTLP'
const SPAN_PATH = 'v1/traces'

/** Reads the variables. Warnings never contain values, which may be secret. */
export function readOtel(environment: Environment, leaves: readonly SettingLeaf[]): OtelReading {
  const first = (...names: readonly string[]): Variable | undefined => {
    for (const name of names) {
      const text = environment[name]?.trim()
      if (text !== undefined && text !== '') return { name, text }
    }
    return undefined
  }
  const found = [
    ...endpoint(first),
    ...list('headers', first(`${OTLP}_TRACES_HEADERS`, `${OTLP}_HEADERS`), readHeaders),
    ...plain('timeoutMs', first(`${OTLP}_TRACES_TIMEOUT`, `${OTLP}_TIMEOUT`), text =>
      /^\d{1,9}$/.test(text) ? Number(text) : text,
    ),
    ...plain('serviceName', first('OTEL_SERVICE_NAME'), text => text),
    ...list('resourceAttributes', first('OTEL_RESOURCE_ATTRIBUTES'), readKeyValues),
    ...sampler(first('OTEL_TRACES_SAMPLER'), first('OTEL_TRACES_SAMPLER_ARG')),
    ...protocol(first(`${OTLP}_TRACES_PROTOCOL`, `${OTLP}_PROTOCOL`)),
    ...enabled(first),
  ]
  return checked(found, leaves)
}

/** The endpoint for traces is used as given; the endpoint for all signals gets the path of traces appended. */
function endpoint(first: (...names: readonly string[]) => Variable | undefined): Found[] {
  const own = first(`${OTLP}_TRACES_ENDPOINT`)
  const variable = own ?? first(`${OTLP}_ENDPOINT`)
  if (variable === undefined) return []
  if (!isUrl(variable)) return ignored(variable, 'must be an http or https URL such as http://localhost:4318')
  const base = variable.text.endsWith('/') ? variable.text.slice(0, -1) : variable.text
  return plain('endpoint', variable, text => (own === undefined ? `${base}/${SPAN_PATH}` : text))
}

function isUrl(variable: Variable | undefined): variable is Variable {
  return variable !== undefined && /^https?:\/\//i.test(variable.text) && URL.canParse(variable.text)
}

function plain(setting: string, variable: Variable | undefined, read: (text: string) => unknown): Found[] {
  if (variable === undefined) return []
  return [{ kind: 'value', setting, variable: variable.name, value: read(variable.text) }]
}

function list(
  setting: string,
  variable: Variable | undefined,
  read: (text: string) => ReadonlyMap<string, string> | undefined,
): Found[] {
  if (variable === undefined || read(variable.text) !== undefined)
    return plain(setting, variable, text => text)
  return ignored(variable, 'must be a list such as key=value,other=value')
}

/** This server always follows a caller that records its trace, as the parent-based samplers do. */
function sampler(variable: Variable | undefined, argument: Variable | undefined): Found[] {
  if (variable === undefined) return []
  const [, parentBased, kind] =
    /^(parentbased_)?(always_on|always_off|traceidratio)$/.exec(variable.text) ?? []
  if (kind === undefined)
    return ignored(
      variable,
      'must be always_on, always_off or traceidratio, or one of these after parentbased_, for this server',
    )
  const ratio = { always_on: '1', always_off: '0', traceidratio: argument?.text ?? '1' }[kind] ?? ''
  const from = kind === 'traceidratio' && argument !== undefined ? argument : variable
  const value = /^[\d.]+$/.test(ratio) ? Number(ratio) : ratio
  const found = plain('sampleRatio', from, () => value)
  if (parentBased !== undefined) return found
  const text = `${variable.name} is treated as parentbased_${kind}: a caller that records its trace is followed`
  return [...found, { kind: 'warning', text }]
}

function protocol(variable: Variable | undefined): Found[] {
  if (variable === undefined || variable.text === 'http/json') return []
  return ignored(
    variable,
    'this server sends spans only as http/json, which collectors accept on the port for http/protobuf (4318)',
  )
}

/** OTEL_SDK_DISABLED and the exporter decide. Without them, an endpoint alone enables tracing. */
function enabled(first: (...names: readonly string[]) => Variable | undefined): Found[] {
  const disabled = first('OTEL_SDK_DISABLED')
  if (disabled?.text.toLowerCase() === 'true') return plain('enabled', disabled, () => false)
  const exporter = first('OTEL_TRACES_EXPORTER')
  if (exporter === undefined)
    return plain('enabled', [first(`${OTLP}_TRACES_ENDPOINT`, `${OTLP}_ENDPOINT`)].find(isUrl), () => true)
  const names = exporter.text.split(',').map(name => name.trim())
  const found = plain('enabled', exporter, () => names.includes('otlp'))
  const isKnown = names.every(name => name === 'otlp' || name === 'none')
  if (isKnown) return found
  const text = `${exporter.name} names an exporter that this server does not have; it must be otlp, or none for no traces`
  return [...found, { kind: 'warning', text }]
}

function ignored({ name }: Variable, rule: string): Found[] {
  return [{ kind: 'warning', text: `${name} is ignored: ${rule}` }]
}

function checked(found: readonly Found[], leaves: readonly SettingLeaf[]): OtelReading {
  const given: Given[] = []
  const warnings: string[] = []
  for (const each of found) {
    if (each.kind === 'warning') {
      warnings.push(each.text)
      continue
    }
    const leaf = leaves.find(({ name }) => name === `tracing.${each.setting}`)
    if (leaf === undefined) throw new Error(`there is no setting tracing.${each.setting}`)
    const rule = refusal(leaf, each.value, 'text')
    if (rule === undefined)
      given.push({ leaf, value: each.value, origin: { kind: 'variable', name: each.variable } })
    else warnings.push(`${each.variable} is ignored: ${rule}`)
  }
  return { given, warnings }
}
