import { render } from 'preact'
import { followOwnerView } from '../design/page-view.ts'
import { createPageHost } from '../platform/page-host.ts'
import { OptionsPage } from './options-page.tsx'

const host = createPageHost()
const place = document.querySelector('#app')
if (!place) throw new Error('options/index.html has no #app')
render(<OptionsPage host={host} view={followOwnerView(host)} />, place)
