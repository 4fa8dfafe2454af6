/** JSON is chosen when `application/json` has the highest explicit q; a bare wildcard means the raw answer (RFC 9110, section 12.5.1). */
export function wantsJson(accept: string | undefined): boolean {
  const ranges = qualities(accept ?? '')
  const json = ranges.find(([range]) => range === 'application/json')?.[1] ?? 0
  return json > 0 && ranges.every(([, quality]) => quality <= json)
}

/** True where the customer reads gzip: named, or covered by a wildcard (RFC 9110, section 12.5.3). */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  const codings = qualities(acceptEncoding ?? '')
  const named = codings.find(([coding]) => coding === 'gzip' || coding === 'x-gzip')
  const quality = (named ?? codings.find(([coding]) => coding === '*'))?.[1] ?? 0
  return quality > 0
}

function qualities(header: string): [string, number][] {
  return header.split(',').flatMap((part) => {
    const [range = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase())
    return range ? [[range, qualityIn(parameters)] as [string, number]] : []
  })
}

function qualityIn(parameters: string[]): number {
  const text = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
  const quality = text === undefined ? 1 : Number(text)
  return quality >= 0 && quality <= 1 ? quality : 0
}
