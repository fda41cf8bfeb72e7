// Runs the command blocks of the README in a fresh clone, as they are printed: what it promises to strangers has to work.
// Blocks run one after another in one shell. A comment above a block, which readers do not see, says what prose says:
//
//   <!-- ci: skip: REASON -->        is not run
//   <!-- ci: first: COMMAND -->      what to do before it; `Ctrl-C` ends what runs in the first terminal
//   <!-- ci: first terminal -->      runs in a terminal of its own until the server in it is ready
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
/** The ports that the README names; servers listen there by default. */
const PORTS = [8000, 8080, 9090, 9000]
/** Only a block that hangs takes longer. */
const BLOCK_HANGS_AFTER_MS = 900_000
const BLOCK = /((?:^<!-- ci: [^\n]+ -->\n)*)^```sh\n(.*?)^```$/gms
/** Fewer blocks than there ever were: they are written in another way and no longer found. */
const FEWEST_BLOCKS = 15

/** The blocks, each with its line, its commands and what the comments above it say. */
function blocksOf(text) {
  return [...text.matchAll(BLOCK)].map(({ 0: whole, 1: comments, 2: commands, index }) => {
    const said = [...comments.matchAll(/^<!-- ci: (.+) -->$/gm)].map(([, words]) => words)
    const after = prefix =>
      said.filter(words => words.startsWith(prefix)).map(words => words.slice(prefix.length))
    const known = ['skip: ', 'first: ', 'first terminal']
    const odd = said.find(words => !known.some(word => words.startsWith(word)))
    if (odd !== undefined) throw new Error(`README.md: a comment says what nobody understands: ${odd}`)
    return {
      line: text.slice(0, index + whole.indexOf('```sh')).split('\n').length,
      commands,
      skip: after('skip: ')[0],
      before: after('first: '),
      isServer: said.includes('first terminal'),
    }
  })
}

/** A shell with all that it has started; the first command that fails ends it. */
class Terminal {
  #child
  #log = ''
  #changed = () => {}
  #ended = false

  constructor(folder) {
    const environment = Object.entries(process.env).filter(([name]) => !/^(HYPERFLEET|npm)_/.test(name))
    this.#child = spawn('bash', ['--noprofile', '--norc'], {
      cwd: folder,
      detached: true,
      env: Object.fromEntries(environment),
    })
    for (const output of [this.#child.stdout, this.#child.stderr])
      output.on('data', text => {
        this.#log += text
        process.stdout.write(text)
        this.#changed()
      })
    this.#child.stdin.on('error', () => {})
    this.#child.on('exit', () => {
      this.#ended = true
      this.#changed()
    })
    this.#child.stdin.write('set -eo pipefail\n')
  }

  /** Runs commands in this shell; resolves when `awaited` is in what it has said since. */
  async run(file, awaited) {
    const start = this.#log.length
    const mark = `done with ${file}`
    this.#child.stdin.write(`source '${file}' < /dev/null; echo '${mark}'\n`)
    await this.#until(() => this.#log.includes(awaited ?? mark, start), file)
  }

  async interrupt() {
    process.kill(-this.#child.pid, 'SIGINT')
    this.#child.stdin.end()
    await this.#until(() => this.#ended, 'Ctrl-C')
  }

  end() {
    try {
      process.kill(-this.#child.pid, 'SIGKILL')
    } catch {
      // All of it has ended.
    }
  }

  async #until(holds, what) {
    const deadline = setTimeout(() => this.#changed(), BLOCK_HANGS_AFTER_MS)
    const endMs = performance.now() + BLOCK_HANGS_AFTER_MS
    while (!holds()) {
      if (this.#ended) throw new Error(`${what} fails`)
      if (performance.now() >= endMs) throw new Error(`${what} hangs`)
      await new Promise(resolve => {
        this.#changed = resolve
      })
    }
    clearTimeout(deadline)
  }
}

async function assertFree(port) {
  await new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', () =>
      reject(new Error(`port ${port} is taken, and the README's servers listen there`)),
    )
    server.listen(port, '127.0.0.1', () => server.close(resolve))
  })
}

async function runAll(blocks, folder) {
  const clone = join(folder, 'hyperfleet-api')
  execFileSync('git', ['clone', '--quiet', root, clone], { stdio: 'inherit' })
  const shell = new Terminal(clone)
  let server
  const write = (name, commands) => {
    const file = join(folder, name)
    writeFileSync(file, commands)
    return file
  }
  try {
    for (const { line, commands, skip, before, isServer } of blocks) {
      console.log(`\n== README.md:${line}${skip === undefined ? '' : ` is skipped: ${skip}`}`)
      if (skip !== undefined) continue
      for (const [i, command] of before.entries()) {
        if (command === 'Ctrl-C') await server.interrupt()
        else await shell.run(write(`before-${line}-${i}.sh`, `${command}\n`))
      }
      const file = write(`line-${line}.sh`, commands)
      if (isServer) {
        server = new Terminal(clone)
        await server.run(file, '"msg":"ready"')
      } else await shell.run(file)
    }
  } finally {
    shell.end()
    server?.end()
  }
}

const blocks = blocksOf(readFileSync(join(root, 'README.md'), 'utf8'))
if (blocks.length < FEWEST_BLOCKS) throw new Error(`the README has only ${blocks.length} blocks of commands`)
const folder = mkdtempSync(join(tmpdir(), 'hyperfleet-readme-'))
try {
  for (const port of PORTS) await assertFree(port)
  await runAll(blocks, folder)
  console.log(`\nthe README holds: ${blocks.filter(({ skip }) => skip === undefined).length} blocks have run`)
} catch (error) {
  console.error(`\nthe README does not hold: ${error.message}`)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
