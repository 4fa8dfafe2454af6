import { render } from 'preact'
import { followOwnerView } from '../design/page-view.ts'
import { createPageHost } from '../platform/page-host.ts'
import { ConsentPage } from './consent-page.tsx'

const host = createPageHost()
const place = document.querySelector('#app')
if (!place) throw new Error('consent/index.html has no #app')
render(<ConsentPage host={host} view={followOwnerView(host)} />, place)
