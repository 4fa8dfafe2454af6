/** The Network Information API, as far as a worker of Chromium has it. Firefox has none. */
type ConnectionInformation = EventTarget & { saveData?: boolean; type?: string }

const information = (Reflect.get(navigator, 'connection') ?? null) as ConnectionInformation | null

/** What the browser says of its connection. Desktop browsers do not tell which kind it is. */
export function readConnection(): { savesData: boolean; isCellular: boolean } {
  return { savesData: information?.saveData === true, isCellular: information?.type === 'cellular' }
}

export function onConnectionChanged(listener: () => void): void {
  information?.addEventListener('change', listener)
}
