// Schema of the events of a watch (contract 12.2).
import Type from 'typebox'
import { oneOf } from './documented.ts'

/** Types of events. A client can choose among the first four; the others always come. */
export const EVENT_TYPES = ['ADDED', 'MODIFIED', 'LEFT', 'DELETED', 'RESET', 'BOOKMARK', 'ERROR'] as const

export const WatchEvent = Type.Object(
  {
    type: oneOf(
      EVENT_TYPES,
      'ADDED: it matches now. MODIFIED: it matches still. LEFT: it matches no more. DELETED: it was removed. RESET: all told before is void. BOOKMARK: all up to `sequence` has been told. ERROR: the stream ends',
    ),
    sequence: Type.Integer({
      minimum: 0,
      format: 'int64',
      description:
        'The number of the last change of the resource; for RESET, BOOKMARK and ERROR that of the state',
    }),
    object: Type.Optional(
      Type.Object(
        {},
        {
          additionalProperties: true,
          description:
            'The resource; for DELETED only what identifies it, for ERROR a Problem. RESET and BOOKMARK have none',
        },
      ),
    ),
    since: Type.Optional(Type.String({ description: 'The text to resume with. Only a BOOKMARK has one' })),
  },
  { description: 'An event of a watch' },
)
