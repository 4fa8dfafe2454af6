import { parseSync } from 'vite'

/** A function with a name: a declaration, a method, or a function that a `const` or a property names. */
export type NamedFunction = { name: string; lines: number; returnsObject: boolean }

type Node = { type: string; start: number; end: number; [field: string]: unknown }

/** What gives a function its name, and where the function itself stands in it. */
const namers: Record<string, { name: string; value: string }> = {
  VariableDeclarator: { name: 'id', value: 'init' },
  MethodDefinition: { name: 'key', value: 'value' },
  PropertyDefinition: { name: 'key', value: 'value' },
  Property: { name: 'key', value: 'value' },
}
const functionTypes = new Set(['FunctionExpression', 'ArrowFunctionExpression'])

/** Every named function of a TypeScript file, however deep, with the lines from its first word to its last brace. */
export function functionsOf(path: string, text: string): NamedFunction[] {
  const { program, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path} cannot be read: ${errors[0]?.message}`)
  const found: NamedFunction[] = []
  walk(program as unknown as Node, (node) => {
    const named = namedFunction(node)
    if (named) found.push({ ...named, lines: text.slice(node.start, node.end).split('\n').length })
  })
  return found
}

/** Null where the node names no function. */
function namedFunction(node: Node): Omit<NamedFunction, 'lines'> | null {
  if (node.type === 'FunctionDeclaration')
    return { name: textOfName(node.id), returnsObject: returnsObject(node) }
  const namer = namers[node.type]
  const value = namer && (node[namer.value] as Node | null)
  if (!namer || !value || !functionTypes.has(value.type)) return null
  return { name: textOfName(node[namer.name]), returnsObject: returnsObject(value) }
}

/** Whether one of the outermost statements of a function is `return { … }`. */
function returnsObject({ body }: Node): boolean {
  // The body of `() => value` is the value, which may have a body of its own.
  const { type, body: statements } = (body ?? {}) as { type?: string; body?: Node[] }
  if (type !== 'BlockStatement' || !statements) return false
  return statements.some(
    ({ type, argument }) =>
      type === 'ReturnStatement' && (argument as Node | null)?.type === 'ObjectExpression',
  )
}

function textOfName(name: unknown): string {
  const { name: word, value } = (name ?? {}) as { name?: string; value?: unknown }
  return word ?? String(value ?? 'default')
}

function walk(value: unknown, see: (node: Node) => void): void {
  if (Array.isArray(value)) for (const item of value) walk(item, see)
  else if (typeof value === 'object' && value !== null) {
    if (typeof (value as Node).type === 'string') see(value as Node)
    for (const part of Object.values(value)) walk(part, see)
  }
}
