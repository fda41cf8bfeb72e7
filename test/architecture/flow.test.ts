// Imports go one way, from the door to the ground.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { FLOW } from './flow.ts'

const SOURCES = fileURLToPath(new URL('../../../src/', import.meta.url))
/** What is loaded with a file. */
const LOADED = /(?:\bfrom\s+|^import\s+)['"](\.[^'"]+)['"]/gm
/** What a file asks for later, such as the command that is called. */
const LOADED_LATER = /\bimport\(\s*['"](\.[^'"]+)['"]/gm

const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter(
  path => path.endsWith('.ts') && !path.endsWith('.d.ts'),
)

function roomOf(path: string): string {
  return (path.split(sep)[0] ?? '').replace(/\.ts$/, '')
}

function importsOf(path: string, pattern: RegExp): string[] {
  const text = readFileSync(join(SOURCES, path), 'utf8')
  return [...text.matchAll(pattern)].map(([, target = '']) =>
    relative(SOURCES, resolve(dirname(join(SOURCES, path)), target)),
  )
}

test('every room has its place in the flow, and every place its room', () => {
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
  const up = links.filter(({ path, target }) => floorOf(target) < floorOf(path))
  assert.deepEqual(
    up.map(({ path, target }) => `${path} imports ${target}`),
    [],
  )
})

test('no file loads itself by way of others', () => {
  const imports = new Map(files.map(path => [path, importsOf(path, LOADED)]))
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
    files.filter(path => reaches(path).has(path)),
    [],
  )
})

test('CONTRIBUTING.md shows the flow', () => {
  const page = readFileSync(join(SOURCES, '../CONTRIBUTING.md'), 'utf8')
  const [shown = ''] = /^ {4}cli → [\s\S]*?\n\n/m.exec(page) ?? []
  assert.deepEqual(
    shown.split('→').map(name => name.trim()),
    FLOW.map(({ name }) => name),
  )
})
