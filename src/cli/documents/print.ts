// Prints documents as JSON or YAML. Numbers keep the digits that the server wrote.
import { Document, isScalar, Scalar, visit } from 'yaml'
import { hasHidden, visibleDocument } from '../terminal/text.ts'
import { isTreeObject, NumberText, numberTag, type Tree } from './tree.ts'

/** JSON with two spaces for each level. */
export function jsonText(tree: Tree): string {
  return visibleDocument(indented(tree, ''))
}

/** JSON on one line. */
export function jsonLine(tree: Tree): string {
  return visibleDocument(compactJson(tree))
}

/** JSON without white space, for the wire. */
export function compactJson(tree: Tree): string {
  if (tree instanceof NumberText) return tree.text
  if (Array.isArray(tree)) return `[${tree.map(compactJson).join(',')}]`
  if (!isTreeObject(tree)) return JSON.stringify(tree)
  return `{${[...tree].map(([name, member]) => `${JSON.stringify(name)}:${compactJson(member)}`).join(',')}}`
}

function indented(tree: Tree, lead: string): string {
  const below = `${lead}  `
  if (Array.isArray(tree) && tree.length > 0)
    return `[\n${tree.map(item => below + indented(item, below)).join(',\n')}\n${lead}]`
  if (isTreeObject(tree) && tree.size > 0) {
    const members = [...tree].map(
      ([name, member]) => `${below}${JSON.stringify(name)}: ${indented(member, below)}`,
    )
    return `{\n${members.join(',\n')}\n${lead}}`
  }
  return compactJson(tree)
}

/** YAML that ends with a line feed. */
export function yamlText(tree: Tree): string {
  const document = new Document(tree, null, {
    customTags: tags => [numberTag, ...tags],
    aliasDuplicateObjects: false,
    // A YAML 1.1 parser reads a plain `yes` as a boolean, and a plain time as a date.
    compat: 'yaml-1.1',
  })
  visit(document, {
    Scalar(_, node) {
      if (isScalar(node) && typeof node.value === 'string' && hasHidden(node.value.replace(/[\n\t]/g, '')))
        node.type = Scalar.QUOTE_DOUBLE
    },
  })
  return visibleDocument(document.toString({ lineWidth: 0 }))
}
