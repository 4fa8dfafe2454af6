import { render } from 'preact'
import { followOwnerView } from '../design/page-view.ts'
import { createPageHost } from '../platform/page-host.ts'
import { ActivityPage } from './activity-page.tsx'
import { speak } from './speech.ts'

const host = createPageHost()
const place = document.querySelector('#app')
if (!place) throw new Error('activity/index.html has no #app')
const speech = speak(navigator.language.startsWith('ja') ? 'ja' : 'en')
document.documentElement.lang = speech.language
document.title = speech.words.tabTitle
render(<ActivityPage host={host} view={followOwnerView(host)} speech={speech} />, place)
