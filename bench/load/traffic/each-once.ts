// A fixed number of requests, each sent once: every connection sends the next as soon as its last one is answered.
import type { Connection } from './connection.ts'
import type { Crowd } from './crowd.ts'

/**
 * Sends all requests and waits for their answers, however long that takes.
 * @param requestOf makes a request from its number, from 0 on
 */
export async function sendEach(
  crowd: Crowd,
  count: number,
  requestOf: (number: number) => Buffer,
): Promise<void> {
  let next = 0
  let answered = 0
  const send = (connection: Connection) => {
    if (next < count) crowd.send(connection, requestOf(next++))
    else crowd.rest(connection)
  }
  const finished = new Promise<void>(resolve => {
    for (const connection of crowd.connections)
      crowd.onAnswer(connection, () => {
        answered += 1
        send(connection)
        if (answered === count) resolve()
      })
    if (count === 0) resolve()
  })
  for (const connection of crowd.connections) send(connection)
  await crowd.during(finished)
}
