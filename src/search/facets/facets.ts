// Counts the matches of a search by the values of fields (contract 15). Each facet begins at the moment of the search, and is then read over many turns of
// the event loop, while writes go on.
import { SLOTS_PER_STEP } from '../../index/column-walk.ts'
import { CountedSlots } from '../../index/counted-slots.ts'
import type { ResourceIndex } from '../../index/resource-index.ts'
import { ROWS_IN_CHUNK, type ValueIndex } from '../../index/value-index.ts'
import type { Work } from '../run/turns.ts'
import {
  type Counting,
  CountingDeleting,
  CountingKeys,
  CountingLists,
  CountingSpec,
  CountingTimes,
  CountingTop,
  CountingValues,
  type CountPace,
  type Facet,
  type FacetForm,
  type Moment,
  NOTHING,
  type ValueCounting,
} from './countings.ts'
import type { FacetField, TimeColumn } from './fields.ts'
import type { Matches } from './matches.ts'

/** A label that had an index when the request came has none at the moment of the count. */
export class UnindexedError extends Error {
  readonly field: string

  constructor(field: string) {
    super(`${field} has no index`)
    this.field = field
  }
}

/** Some tens of microseconds. */
const PACE: CountPace = { rowsPerStep: ROWS_IN_CHUNK, slotsPerStep: SLOTS_PER_STEP }

/** Facets as of the moment of construction. The owner must end them. */
export class Facets {
  readonly #counted = new CountedSlots()
  readonly #countings: Counting[] = []

  /** @throws UnindexedError */
  constructor(fields: readonly FacetField[], form: FacetForm, index: ResourceIndex, pace = PACE) {
    const moment = { counted: this.#counted, pace }
    try {
      for (const field of fields) this.#countings.push(countingOf(field, form, index, moment))
    } catch (error) {
      this.end()
      throw error
    }
  }

  *count(matches: Matches): Work<readonly Facet[]> {
    this.#counted.settle(slot => matches.has(slot))
    const facets: Facet[] = []
    for (const counting of this.#countings) {
      facets.push(yield* counting.count(matches))
      counting.end()
    }
    return facets
  }

  end(): void {
    for (const counting of this.#countings) counting.end()
  }
}

function countingOf(field: FacetField, form: FacetForm, index: ResourceIndex, moment: Moment): Counting {
  switch (field.kind) {
    case 'created_time':
      return new CountingTimes(field.name, index.createdTimes, form, moment)
    case 'updated_time':
      return new CountingTimes(field.name, index.updatedTimes, form, moment)
    case 'deleted_time':
      return new CountingTimes(field.name, index.deletedTimes, form, moment)
    case 'condition-time': {
      const condition = index.condition(field.type)
      const isUpdate = field.subfield === 'last_updated_time'
      const column = isUpdate ? condition?.lastUpdatedTimes : condition?.lastTransitionTimes
      return new CountingTimes(field.name, column, form, moment)
    }
    case 'adapter-time': {
      const column = index.adapters.get(field.adapter)?.lastReportTimes
      return new CountingTimes(field.name, column, form, moment)
    }
    default:
      return new CountingTop(field.name, form.limit, valuesOf(field, index, moment))
  }
}

type ValueField = Exclude<FacetField, { readonly kind: 'condition-time' | 'adapter-time' | TimeColumn }>

function valuesOf(field: ValueField, index: ResourceIndex, moment: Moment): ValueCounting {
  switch (field.kind) {
    case 'label':
      if (index.labels.isUnindexed(field.key)) throw new UnindexedError(field.name)
      return valuesOrNone(index.label(field.key)?.values, moment)
    case 'created_by':
      return new CountingValues(index.creators, moment)
    case 'updated_by':
      return new CountingValues(index.updaters, moment)
    case 'owner_id':
      return new CountingValues(index.owners, moment)
    case 'generation':
      return new CountingValues(index.generations, moment)
    case 'condition': {
      const condition = index.condition(field.type)
      if (condition === undefined) return NOTHING
      const lists = (['True', 'False'] as const).map(
        status => [status, condition.withStatus(status)] as const,
      )
      return new CountingLists(lists, moment)
    }
    case 'adapter': {
      const adapter = index.adapters.get(field.adapter)
      if (adapter === undefined) return NOTHING
      const lists = (['True', 'False', 'Unknown'] as const).map(
        status => [status, adapter.withStatus(status)] as const,
      )
      return new CountingLists(lists, moment)
    }
    case 'spec': {
      const spec = index.specs.get(field.name)
      return spec === undefined ? NOTHING : new CountingSpec(spec.values, spec.unindexed, moment)
    }
    case 'adapters': {
      const names = [...index.adapters.entries()].map(([name, adapter]) => [name, adapter.presence] as const)
      return new CountingKeys(names, undefined, index.adapters.presence, moment)
    }
    case 'deleting':
      return new CountingDeleting(index.deleters.presence, moment)
    case 'labels': {
      const keys = [...index.labels.entries()].map(([key, label]) => [key, label.presence] as const)
      return new CountingKeys(keys, index.labels.others, index.labels.presence, moment)
    }
    case 'conditions': {
      const types = [...index.conditions.entries()].map(
        ([type, condition]) => [type, condition.presence] as const,
      )
      return new CountingKeys(types, undefined, index.conditions.presence, moment)
    }
  }
}

function valuesOrNone(values: ValueIndex<string> | undefined, moment: Moment): ValueCounting {
  return values === undefined ? NOTHING : new CountingValues(values, moment)
}
