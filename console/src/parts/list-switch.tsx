// The switch between clusters and nodepools.
import type { ListName } from '../fields.ts'

const TITLES = { clusters: 'Clusters', nodepools: 'Nodepools' } as const satisfies Record<ListName, string>

export function ListSwitch(props: {
  readonly label: string
  readonly list: ListName
  readonly onChange: (list: ListName) => void
}) {
  const { label, list, onChange } = props
  return (
    <div class="tools" role="group" aria-label={label}>
      {(['clusters', 'nodepools'] as const).map(each => (
        <button key={each} type="button" aria-pressed={list === each} onClick={() => onChange(each)}>
          {TITLES[each]}
        </button>
      ))}
    </div>
  )
}
