import { tellPower } from '../platform/power-page.ts'

void tellPower()
