import { posix } from 'node:path'

/** What a source file imports: `file` is a path from the root, `package` a name such as `node:fs` or `ipaddr.js`. */
export type Import = { kind: 'file' | 'package'; target: string }

// `import … from 'x'`, `export … from 'x'`, `import 'x'` and `import('x')`, one or many lines long.
const importPattern =
  /(?:^|[\s;}])(?:import|export)\s+(?:type\s+)?[\w*{][^'"`;]*?\bfrom\s*['"](?<from>[^'"]+)['"]|(?:^|[\s;}])import\s*['"](?<bare>[^'"]+)['"]|\bimport\s*\(\s*['"](?<dynamic>[^'"]+)['"]/g

/** Comments speak of imports without importing. A `//` inside a string would be cut too, which loses no import. */
const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')

export function importsOf(path: string, text: string): Import[] {
  const specifiers = [...withoutComments(text).matchAll(importPattern)].map(
    ({ groups }) => groups?.from ?? groups?.bare ?? groups?.dynamic ?? '',
  )
  return specifiers.map((specifier) => resolved(path, specifier))
}

function resolved(path: string, specifier: string): Import {
  if (specifier.startsWith('.'))
    return { kind: 'file', target: posix.normalize(posix.join(posix.dirname(path), specifier)) }
  // `#room` and `#room/file.ts` are the names that package.json gives to the rooms.
  if (specifier.startsWith('#')) {
    const [room, ...rest] = specifier.slice(1).split('/')
    return { kind: 'file', target: [room, ...(rest.length > 0 ? rest : ['index.ts'])].join('/') }
  }
  const [scope, name] = specifier.split('/')
  return { kind: 'package', target: scope?.startsWith('@') ? `${scope}/${name}` : (scope ?? specifier) }
}
