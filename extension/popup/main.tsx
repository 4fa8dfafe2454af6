import { render } from 'preact'
import { speak } from '../design/language.ts'
import { followOwnerView } from '../design/page-view.ts'
import { createPageHost } from '../platform/page-host.ts'
import { keepLastFigures, readLastFigures } from './last-figures.ts'
import { Popup } from './popup.tsx'

const host = createPageHost()
// The background is asked first, so that it answers while the rest is read and drawn.
const view = followOwnerView(host)
const lastFigures = readLastFigures()

speak(host.language, 'Fallow')
const place = document.querySelector('#app')
if (!place) throw new Error('popup/index.html has no #app')
place.replaceChildren()
render(<Popup host={host} view={view} lastFigures={lastFigures} />, place)
keepLastFigures(view)
