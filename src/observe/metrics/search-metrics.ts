// Metrics of searches: plans, records read, and searches that take turns.
import type { Registry } from 'prom-client'
import type { Searches, Turns } from '../../search/search.ts'
import { RESOURCE_KINDS, type ResourceKind } from '../../state/records.ts'
import { describeCounter, describeGauge, type Sample } from './described.ts'

export function describeSearches(registers: Registry[], searches: Searches, turns: Turns): void {
  describeCounter(registers, {
    name: 'search_steps_total',
    help: 'Steps of executed query plans',
    labelNames: ['kind', 'operation'],
    read: () =>
      RESOURCE_KINDS.flatMap(kind =>
        [...searches[kind].statistics.steps].map(
          ([operation, count]): Sample => [{ kind, operation }, count],
        ),
      ),
  })
  describeCounter(registers, {
    name: 'search_rows_scanned_total',
    help: 'Records read by lists because no index had the answer',
    labelNames: ['kind'],
    read: () => byKind(kind => searches[kind].statistics.rowsScanned),
  })
  describePlans(registers, searches)
  describeTurns(registers, turns)
}

function describePlans(registers: Registry[], searches: Searches): void {
  describeCounter(registers, {
    name: 'search_plans_total',
    help: 'Lookups in the plan cache, by result',
    labelNames: ['kind', 'result'],
    read: () =>
      RESOURCE_KINDS.flatMap((kind): Sample[] => {
        const { hits, misses } = searches[kind].planCache
        return [
          [{ kind, result: 'hit' }, hits],
          [{ kind, result: 'miss' }, misses],
        ]
      }),
  })
  describeCounter(registers, {
    name: 'search_plan_evictions_total',
    help: 'Plans evicted from the cache',
    labelNames: ['kind'],
    read: () => byKind(kind => searches[kind].planCache.evictions),
  })
  describeGauge(registers, {
    name: 'search_plans_cached',
    help: 'Plans in the cache',
    labelNames: ['kind'],
    read: () => byKind(kind => searches[kind].planCache.size),
  })
}

function describeTurns(registers: Registry[], turns: Turns): void {
  describeGauge(registers, {
    name: 'long_searches_under_way',
    help: 'Running searches that take many turns of the event loop',
    read: () => turns.use.underWay,
  })
  describeGauge(registers, {
    name: 'long_searches_waiting',
    help: 'Long searches waiting for a running one to finish',
    read: () => turns.use.waiting,
  })
  describeCounter(registers, {
    name: 'long_searches_total',
    help: 'Searches that needed more than one turn of the event loop',
    read: () => turns.use.begun,
  })
  describeCounter(registers, {
    name: 'long_searches_refused_total',
    help: 'Long searches refused because too many were waiting',
    read: () => turns.use.refused,
  })
}

function byKind(read: (kind: ResourceKind) => number): Sample[] {
  return RESOURCE_KINDS.map(kind => [{ kind }, read(kind)])
}
