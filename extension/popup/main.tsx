import { render } from 'preact'
import { followOwnerView } from '../design/page-view.ts'
import { createPageHost } from '../platform/page-host.ts'
import { keepLastFigures, readLastFigures } from './last-figures.ts'
import { Popup } from './popup.tsx'

const host = createPageHost()
const view = followOwnerView(host)

// A background that is awake answers before the first picture: then the popup is drawn once, and nothing is read for it.
const firstPicture = Promise.withResolvers<void>()
view.subscribe((newest) => newest && firstPicture.resolve())
requestAnimationFrame(() => firstPicture.resolve())
await firstPicture.promise

const place = document.querySelector('#app')
if (!place) throw new Error('popup/index.html has no #app')
place.replaceChildren()
render(<Popup host={host} view={view} lastFigures={view.value ? null : readLastFigures()} />, place)
keepLastFigures(view)
