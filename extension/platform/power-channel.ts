/** The Port between the page that asks for the battery and the background. */
export const powerChannel = 'power'

const powers = ['mains', 'battery', 'unknown'] as const
export type Power = (typeof powers)[number]

export const isPower = (message: unknown): message is Power => powers.some((power) => power === message)
