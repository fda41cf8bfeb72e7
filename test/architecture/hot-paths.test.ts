// Finds object spreads in functions that run for every request. `{ ...a, x }` with a new member takes about a microsecond, a
// literal a hundredth of that, and V8 gives every object made so a hidden class of its own, so that each later read of it misses
// its inline cache. Spreads of arrays and arguments are allowed.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, describe, test } from 'node:test'
import { type AnyNode, parse } from 'acorn'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { functionsThatRun, type Measured, measure, type RanFunction } from './measurement.ts'

const KINDS = ['report', 'get', 'list', 'search'] as const

/** Spreads in functions of every form that JavaScript has; all are called, except the last one. */
const FORMS = `
const a = {}
function declared() { return { ...a, form: 1 } }
const arrow = () => ({ ...a, form: 2 })
const curried = () => () => ({ ...a, form: 3 })
const object = { get got() { return { ...a, form: 4 } }, async asked() { return { ...a, form: 5 } } }
const computed = { *['x']() { yield { form: 6, ...a } } }
class A { field = { ...a, form: 7 }; #own() { return { ...a, form: 8 } } get own() { return this.#own() } }
class B extends A { constructor() { super(); this.made = { ...a, form: 9 } } static async made() { return { ...a, form: 10 } } }
const fallback = (b = { ...a, form: 11 }) => b
const ofModule = { ...a, form: 12 }
const allowed = ({ b, ...rest }) => Math.max(...[...[1]])
const cold = () => ({ ...a, form: 13 })
declared(), arrow(), curried()(), object.got, object.asked(), computed.x().next(), new B().own, B.made(), fallback(), allowed(a)
`
const CALLED = 11

describe('hot paths', { timeout: TEST_HANGS_AFTER_MS }, () => {
  let measured: ReadonlyMap<Measured, readonly RanFunction[]>

  before(async () => {
    measured = await measure(KINDS)
  })

  for (const kind of KINDS)
    test(`no function that runs for a ${kind} has an object spread`, () => {
      const functions = measured.get(kind) ?? []
      assert.ok(functions.length > 20, `only ${functions.length} functions ran`)
      const spreads = functions.flatMap(ran => spreadsIn(ran).map(text => `${ran.file}: ${text}`))
      assert.deepEqual(spreads.sort(), [])
    })

  test('an object spread is found in a function of any form, if that function ran', async () => {
    const module = `data:text/javascript,${encodeURIComponent(FORMS)}`
    const functions = await functionsThatRun(() => import(module), module)
    const found = functions.flatMap(spreadsIn).map(text => Number(/form: (\d+)/.exec(text)?.[1]))
    assert.deepEqual(
      found.sort((one, other) => one - other),
      Array.from({ length: CALLED }, (_, index) => index + 1),
    )
  })
})

/** An object spread: its text, and the smallest function around it. */
interface ObjectSpread {
  readonly text: string
  readonly around: FunctionPlace
}

/** V8 counts from the first word of a method, but not from `static`: between `start` and `latestStart`. */
interface FunctionPlace {
  readonly start: number
  readonly latestStart: number
  readonly end: number
}

/** The object spreads of a function, except within inner functions, which are measured themselves. */
function spreadsIn({ module, start, end }: RanFunction): string[] {
  return spreadsOf(module)
    .filter(({ around }) => around.start <= start && start <= around.latestStart && around.end === end)
    .map(({ text }) => text)
}

const known = new Map<string, readonly ObjectSpread[]>()

function spreadsOf(module: string): readonly ObjectSpread[] {
  const spreads = known.get(module) ?? objectSpreads(codeOf(new URL(module)))
  known.set(module, spreads)
  return spreads
}

function codeOf(module: URL): string {
  if (module.protocol === 'file:') return readFileSync(module, 'utf8')
  return decodeURIComponent(module.pathname.slice(module.pathname.indexOf(',') + 1))
}

/** The object spreads of a module, except those that run when it is imported. */
function objectSpreads(code: string): ObjectSpread[] {
  const found: ObjectSpread[] = []
  const visit = (node: AnyNode, outer: FunctionPlace | undefined) => {
    const around = placeOf(node, outer)
    if (around !== undefined && isObjectSpread(node))
      found.push({ text: code.slice(node.start, node.end), around })
    for (const child of childrenOf(node)) visit(child, around)
  }
  visit(parse(code, { ecmaVersion: 'latest', sourceType: 'module' }), undefined)
  return found
}

function isObjectSpread(node: AnyNode): boolean {
  return node.type === 'ObjectExpression' && node.properties.some(({ type }) => type === 'SpreadElement')
}

/** The function that contains the children of a node. V8 counts the fields of a class as a function in the class's place. */
function placeOf(node: AnyNode, outer: FunctionPlace | undefined): FunctionPlace | undefined {
  const { start, end } = node
  switch (node.type) {
    case 'Property':
      if (!node.method && node.kind === 'init') return outer
      return { start, latestStart: node.value.start, end }
    case 'MethodDefinition':
      return { start, latestStart: node.value.start, end }
    case 'FunctionExpression':
      // The function of a method ends with it, and its place begins earlier.
      return outer?.latestStart === start ? outer : { start, latestStart: start, end }
    case 'FunctionDeclaration':
    case 'ArrowFunctionExpression':
    case 'ClassDeclaration':
    case 'ClassExpression':
      return { start, latestStart: start, end }
    default:
      return outer
  }
}

function childrenOf(node: AnyNode): AnyNode[] {
  return Object.values(node).flat().filter(isNode)
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value
}
