import { render } from 'preact'
import { followOwnerView } from '../design/page-view.ts'
import { createPageHost } from '../platform/page-host.ts'
import { keepLastFigures, readLastFigures } from './last-figures.ts'
import { Popup } from './popup.tsx'

const host = createPageHost()
const lastFigures = readLastFigures()
const view = followOwnerView(host)
view.subscribe((newest) => newest && keepLastFigures(newest))

const place = document.querySelector('#app')
if (!place) throw new Error('popup/index.html has no #app')
place.replaceChildren()
render(<Popup host={host} view={view} lastFigures={lastFigures} />, place)
