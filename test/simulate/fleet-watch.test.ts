// The account of the simulation's watcher. That it agrees with lists is tested by whole simulations.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WatcherAccount } from '../../tools/simulate/fleet-watch.ts'

function event(type: string, sequence: number, id?: string, ready = 'False') {
  const status = { conditions: [{ type: 'Ready', status: ready }] }
  return { type, sequence, line: '', object: id === undefined ? undefined : { id, status } }
}

test('contract 12.2: the account of a watcher has what matches, in its newest version', () => {
  const account = new WatcherAccount()
  for (const each of [
    event('ADDED', 1, 'void'),
    event('RESET', 4),
    event('ADDED', 1, 'a'),
    event('ADDED', 2, 'b'),
    event('ADDED', 3, 'c'),
  ])
    account.take(each)
  assert.equal(account.sequence, undefined)
  for (const each of [
    event('MODIFIED', 5, 'a', 'True'),
    event('LEFT', 6, 'b'),
    event('DELETED', 7, 'c'),
    event('LEFT', 8, 'unknown'),
    event('BOOKMARK', 8),
  ])
    account.take(each)
  assert.deepEqual([[...account.known.keys()], account.sequence, account.falls], [['a'], 8, 0])
  assert.deepEqual([...(account.known.get('a')?.holds ?? [])], ['Ready'])
  const [before] = [account.known.get('a')?.digest]
  account.take(event('MODIFIED', 9, 'a'))
  assert.notEqual(account.known.get('a')?.digest, before)
})

test('contract 12.3: a BOOKMARK that falls is counted, one after a RESET is not', () => {
  const account = new WatcherAccount()
  for (const each of [event('BOOKMARK', 8), event('BOOKMARK', 8), event('BOOKMARK', 7), event('RESET', 1)])
    account.take(each)
  account.take(event('BOOKMARK', 1))
  assert.equal(account.falls, 1)
})
