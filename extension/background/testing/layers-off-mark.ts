/** Said by a build that leaves walls out. A test looks for it in what is shipped. */
export const layersOffMark = 'this build has walls switched off, for tests'
