import { render } from 'preact'
import { speak } from '../design/language.ts'
import { followOwnerView } from '../design/page-view.ts'
import { createPageHost } from '../platform/page-host.ts'
import { ActivityPage } from './activity-page.tsx'
import { createSpeech } from './speech.ts'

const host = createPageHost()
const speech = createSpeech(host.language)
speak(host.language, speech.words.tabTitle)
const place = document.querySelector('#app')
if (!place) throw new Error('activity/index.html has no #app')
render(<ActivityPage host={host} view={followOwnerView(host)} speech={speech} />, place)
