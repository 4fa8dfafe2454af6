const linesMax = 1_000

/**
 * The beginnings of paths that a `/.well-known/fallow.txt` names: one `Disallow: /path` a line, comments after `#`, everything
 * else ignored. `Disallow: /` is the whole site. No wildcards, no crawlers' names: the file speaks to this network alone.
 */
export const readOptOutFile = (text: string): string[] =>
  text
    .split(/\r\n|\r|\n/, linesMax)
    .map((line) => /^\s*disallow\s*:\s*(\/[^\s#]*)/i.exec(line)?.[1])
    .filter((path) => path !== undefined)
