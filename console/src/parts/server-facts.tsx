// What a server says about itself: its version and age, its disk, and its part among several servers (contract 14.13).
import type { ComponentChildren } from 'preact'
import { labelOf, type Sample, sumOf } from '../samples.ts'
import { countText, durationText } from '../text.ts'

const PREFIX = 'hyperfleet_api_'

/** What the states of a server in a cluster mean. */
const STATES: Readonly<Record<string, string>> = {
  claiming: 'about to take over',
  resolving: 'a write has no answer from the database yet',
  behind: 'needs a copy of another server',
  lost: 'the journal contradicts what this server has applied',
}

export function ServerFacts({ sample }: { readonly sample: Sample }) {
  const started = sumOf(sample, 'process_start_time_seconds')
  const checkpoint = sumOf(sample, `${PREFIX}checkpoint_age_seconds`)
  const waiting = sumOf(sample, `${PREFIX}staged_writes`)
  return (
    <>
      <ClusterFaults sample={sample} />
      <dl class="facts-list">
        <Fact name="Version">{labelOf(sample, `${PREFIX}build_info`, 'version')}</Fact>
        <Fact name="Running for">
          {started === undefined ? undefined : durationText(sample.timeMs / 1000 - started)}
        </Fact>
        <Fact name="Disk">
          {(sumOf(sample, `${PREFIX}storage_full`) ?? 0) > 0 ? 'full: writes are refused' : 'has room'}
        </Fact>
        <Fact name="Checkpoint">
          {checkpoint === undefined ? undefined : `${durationText(checkpoint)} ago`}
        </Fact>
        <Fact name="Waiting writes">{waiting === undefined ? undefined : countText(waiting)}</Fact>
        <ClusterFacts sample={sample} />
      </dl>
    </>
  )
}

/** The part of a server among several. A server that is alone has no such metrics. */
function ClusterFacts({ sample }: { readonly sample: Sample }) {
  const isWriter = sumOf(sample, `${PREFIX}cluster_writer`)
  if (isWriter === undefined) return null
  const state = labelOf(sample, `${PREFIX}cluster_state`, 'state') ?? ''
  const writer = labelOf(sample, `${PREFIX}cluster_writer_info`, 'address')
  const behind = sumOf(sample, `${PREFIX}cluster_behind_entries`) ?? 0
  const confirmed = sumOf(sample, `${PREFIX}cluster_confirmed_age_seconds`)
  return (
    <>
      <Fact name="Role">
        {isWriter === 1 ? 'writer' : 'follower'}
        {STATES[state] !== undefined && <small> {STATES[state]}</small>}
      </Fact>
      {isWriter === 0 && (
        <Fact name="Writer">{writer === undefined ? 'none at present' : <bdi>{writer}</bdi>}</Fact>
      )}
      <Fact name="Epoch">{countText(sumOf(sample, `${PREFIX}cluster_epoch`) ?? 0)}</Fact>
      <Fact name="Behind">
        {countText(behind)} {behind === 1 ? 'entry' : 'entries'}
      </Fact>
      <Fact name="Journal looked at">
        {confirmed === undefined ? 'not yet' : `${durationText(confirmed)} ago`}
      </Fact>
    </>
  )
}

function ClusterFaults({ sample }: { readonly sample: Sample }) {
  const isLost = sumOf(sample, `${PREFIX}cluster_lost`) === 1
  const differs = sumOf(sample, `${PREFIX}cluster_settings_differ`) === 1
  return (
    <>
      {isLost && (
        <p class="fault" role="alert">
          This server cannot follow the journal:{' '}
          {STATES[labelOf(sample, `${PREFIX}cluster_state`, 'state') ?? '']}. Its log says what to do.
        </p>
      )}
      {differs && (
        <p class="notice" role="status">
          The writer decides about writes by other settings than this server has.
        </p>
      )}
    </>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  if (children === undefined) return null
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
