import { render } from 'preact'
import { speak } from '../design/language.ts'
import { followOwnerView } from '../design/page-view.ts'
import { words } from '../messages/words.ts'
import { createPageHost } from '../platform/page-host.ts'
import { ConsentPage } from './consent-page.tsx'

const host = createPageHost()
speak(host.language, words[host.language].consent.tabTitle)
const place = document.querySelector('#app')
if (!place) throw new Error('consent/index.html has no #app')
render(<ConsentPage host={host} view={followOwnerView(host)} />, place)
