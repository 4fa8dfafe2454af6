/** One measured run of one side. Each key carries its unit last: `requestsPerSecond`, `relayCpuUsPerRequest`. */
export type Sample = Record<string, number>

/** One of the things that a row compares. `run` does the same work each time. */
export type Side = { name: string; run(): Promise<Sample> }

export type PreparedRow = { sides: Side[]; close(): Promise<void> }

/** One row of the bench: what it measures, and how to set it up. */
export type Row = { name: string; what: string; prepare(): Promise<PreparedRow> }
