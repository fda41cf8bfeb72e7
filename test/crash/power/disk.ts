// A disk as the recorder saw it used: what is surely on it, and what a power cut may take or leave. docs/internals/durability.md
// describes the model.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DiskFile } from './disk-file.ts'
import type { TraceEvent } from './trace.ts'

/** Effect of a power cut on unflushed data, in one image. */
export interface Fate {
  /** True if a write, or one sector of it, reached the disk. */
  lands(write: number, sector: number): boolean
  /** True if a change of a name in a folder, or of a file's size, reached the disk. */
  happens(change: number): boolean
  /** Between its least and its greatest possible size, how large a file is. */
  sizeBetween(least: number, greatest: number): number
}

/** A change of a name: what it stands for now, nothing when it is gone. */
interface NameChange {
  readonly number: number
  readonly folder: Folder
  readonly name: string
  readonly entry: Entry | undefined
}

type Entry = Folder | DiskFile

class Folder {
  readonly entries = new Map<string, Entry>()
}

export class Disk {
  readonly #rootPath: string
  readonly #root = new Folder()
  /** The program's view: everything has happened. */
  readonly #seen = new Map<string, Entry>()
  #names: NameChange[] = []
  readonly #handles = new Map<number, Entry>()
  /** By the flush: the number of the change that it does not cover any more. */
  readonly #flushes = new Map<number, number>()
  #nextNumber = 0
  /** A write that is on disk as soon as its call returns, which is before the next event. */
  #syncing: (() => void) | undefined
  /** With a lying disk no flush does anything from here on. */
  isLying = false

  /** The files under `rootPath`; those in `contents`, if it is given, are on the disk from the beginning. */
  constructor(rootPath: string, contents?: string) {
    this.#rootPath = rootPath
    this.#seen.set(rootPath, this.#root)
    if (contents !== undefined) this.#load(contents, rootPath, this.#root)
  }

  /** Number of unflushed writes and changes of sizes and names. */
  get pending(): number {
    let pending = this.#names.length
    for (const entry of this.#seen.values()) if (entry instanceof DiskFile) pending += entry.pending
    return pending
  }

  /** The call of the last event has returned. */
  returned(): void {
    this.#syncing?.()
    this.#syncing = undefined
  }

  apply(event: TraceEvent): void {
    this.returned()
    const number = this.#nextNumber++
    switch (event.kind) {
      case 'open':
        this.#open(event, number)
        break
      case 'write':
        this.#write(event, number)
        break
      case 'truncate':
        this.#file(event.handle).resize(number, event.size)
        break
      case 'flush':
        this.#flushes.set(event.flush, number)
        break
      case 'flushed':
        if (!this.isLying) this.#flushed(this.#entry(event.handle), this.#flushes.get(event.flush) ?? 0)
        break
      case 'unlink':
      case 'rmdir':
        this.#rename(number, event.path, undefined)
        break
      case 'mkdir':
        this.#rename(number, event.path, new Folder())
        break
      case 'rename':
        // One change for a journalled file system; here the two names may also part.
        this.#rename(number, event.target, this.#seen.get(event.path))
        this.#rename(number, event.path, undefined)
        break
      case 'close':
      case 'map':
        break
    }
  }

  /** Writes what a power cut may leave into the folder `target`, and tells each file's bytes to `onBytes`. */
  image(target: string, fate: Fate, onBytes: (bytes: Buffer) => void): void {
    const entries = new Map<Folder, Map<string, Entry>>()
    const of = (folder: Folder) => {
      const names = entries.get(folder) ?? new Map(folder.entries)
      entries.set(folder, names)
      return names
    }
    for (const { folder, name, entry, number } of this.#names) {
      if (!fate.happens(number)) continue
      if (entry === undefined) of(folder).delete(name)
      else of(folder).set(name, entry)
    }
    const build = (folder: Folder, path: string) => {
      mkdirSync(path)
      for (const [name, entry] of of(folder)) {
        onBytes(Buffer.from(join(path.slice(target.length), name)))
        if (entry instanceof Folder) {
          build(entry, join(path, name))
          continue
        }
        const bytes = entry.image(fate)
        onBytes(bytes)
        writeFileSync(join(path, name), bytes)
      }
    }
    build(this.#root, target)
  }

  #load(contents: string, path: string, folder: Folder): void {
    for (const found of readdirSync(contents, { withFileTypes: true })) {
      const { name } = found
      const [from, to] = [join(contents, name), join(path, name)]
      const entry = found.isDirectory() ? new Folder() : new DiskFile(readFileSync(from))
      folder.entries.set(name, entry)
      this.#seen.set(to, entry)
      if (entry instanceof Folder) this.#load(from, to, entry)
    }
  }

  #open({ handle, path, creates, truncates }: TraceEvent & { kind: 'open' }, number: number): void {
    let entry = this.#seen.get(path)
    if (entry === undefined) {
      if (!creates) throw new Error(`${path} is opened and was made unseen`)
      entry = new DiskFile(Buffer.alloc(0))
      this.#rename(number, path, entry)
    }
    if (truncates && entry instanceof DiskFile) entry.resize(number, 0)
    this.#handles.set(handle, entry)
  }

  #write({ handle, offset, data, isFlushed }: TraceEvent & { kind: 'write' }, number: number): void {
    const file = this.#file(handle)
    file.write(number, offset, data)
    if (isFlushed && !this.isLying) this.#syncing = () => file.sync(offset, data.length)
  }

  #rename(number: number, path: string, entry: Entry | undefined): void {
    const folder = this.#seen.get(dirname(path))
    if (!(folder instanceof Folder)) throw new Error(`the folder of ${path} was made unseen`)
    this.#names.push({ number, folder, name: basename(path), entry })
    if (entry === undefined) this.#seen.delete(path)
    else this.#seen.set(path, entry)
  }

  #flushed(entry: Entry, before: number): void {
    if (entry instanceof DiskFile) {
      entry.flush(before)
      return
    }
    for (const { folder, name, entry: named, number } of this.#names) {
      if (folder !== entry || number >= before) continue
      if (named === undefined) folder.entries.delete(name)
      else folder.entries.set(name, named)
    }
    this.#names = this.#names.filter(({ folder, number }) => folder !== entry || number >= before)
  }

  #entry(handle: number): Entry {
    const entry = this.#handles.get(handle)
    if (entry === undefined) throw new Error(`handle ${handle} was opened unseen in ${this.#rootPath}`)
    return entry
  }

  #file(handle: number): DiskFile {
    const entry = this.#entry(handle)
    if (!(entry instanceof DiskFile)) throw new Error(`handle ${handle} is a folder`)
    return entry
  }
}
