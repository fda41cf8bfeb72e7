// Imports point one way: down the list of rooms.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { FLOW, TOOLS } from './flow.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const SOURCES = join(ROOT, 'src')
/** Static imports. */
const LOADED = /(?:\bfrom\s+|^import\s+)['"](\.[^'"]+)['"]/gm
/** Dynamic imports, such as that of a command. */
const LOADED_LATER = /\bimport\(\s*['"](\.[^'"]+)['"]/gm

/** Paths relative to `src/`. Paths of tools begin with `../tools/`. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .map(path => relative(SOURCES, join(folder, path)))
}

const files = filesBelow(SOURCES)
const tools = filesBelow(join(ROOT, 'tools'))

function roomOf(path: string): string {
  return (path.split(sep)[0] ?? '').replace(/\.ts$/, '')
}

function isTool(path: string): boolean {
  return path.startsWith(join('..', 'tools', sep))
}

function importsOf(path: string, pattern: RegExp): string[] {
  const text = readFileSync(join(SOURCES, path), 'utf8')
  return [...text.matchAll(pattern)].map(([, target = '']) =>
    relative(SOURCES, resolve(dirname(join(SOURCES, path)), target)),
  )
}

test('the flow lists exactly the rooms of src/', () => {
  const rooms = new Set(files.map(roomOf))
  assert.deepEqual([...rooms].sort(), FLOW.map(({ name }) => name).sort())
})

test('no file imports from a room above its own', () => {
  const floor = new Map(FLOW.map(({ name }, i) => [name, i]))
  const floorOf = (path: string) => floor.get(roomOf(path)) ?? -1
  const links = files.flatMap(path =>
    [LOADED, LOADED_LATER].flatMap(pattern => importsOf(path, pattern).map(target => ({ path, target }))),
  )
  assert.ok(links.length > files.length, 'the imports were read')
  const up = links.filter(({ path, target }) => !isTool(target) && floorOf(target) < floorOf(path))
  assert.deepEqual(
    up.map(({ path, target }) => `${path} imports ${target}`),
    [],
  )
})

test('a tool imports only from the rooms of clients, and only the list of commands imports a tool, dynamically', () => {
  const allowed: readonly string[] = TOOLS.imports
  const links = tools.flatMap(path => importsOf(path, LOADED).map(target => ({ path, target })))
  const forbidden = links.filter(({ target }) => !isTool(target) && !allowed.includes(roomOf(target)))
  assert.deepEqual(
    forbidden.map(({ path, target }) => `${path} imports ${target}`),
    [],
  )
  const importers = (pattern: RegExp) => files.filter(path => importsOf(path, pattern).some(isTool))
  assert.deepEqual([importers(LOADED), importers(LOADED_LATER)], [[], [TOOLS.importer]])
})

test('no file imports itself through others', () => {
  const imports = new Map([...files, ...tools].map(path => [path, importsOf(path, LOADED)]))
  const reaches = (start: string) => {
    const seen = new Set<string>()
    const next = [...(imports.get(start) ?? [])]
    for (let path = next.pop(); path !== undefined; path = next.pop()) {
      if (seen.has(path)) continue
      seen.add(path)
      next.push(...(imports.get(path) ?? []))
    }
    return seen
  }
  assert.deepEqual(
    [...files, ...tools].filter(path => reaches(path).has(path)),
    [],
  )
})

test('docs/ARCHITECTURE.md shows the flow', () => {
  const page = readFileSync(join(SOURCES, '../docs/ARCHITECTURE.md'), 'utf8')
  const [, shown = ''] = /^```\n(cli [\s\S]*?)^```$/m.exec(page) ?? []
  const width = Math.max(...FLOW.map(({ name }) => name.length))
  assert.equal(shown, FLOW.map(({ name, purpose }) => `${name.padEnd(width)}  ${purpose}\n`).join(''))
})
