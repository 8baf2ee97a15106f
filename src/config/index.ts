export { describeSettings, type SettingDescription } from './describe.ts';
export { loadSettings, readSettings } from './load.ts';
export {
  type FolderContent,
  type FolderGroup,
  type ReadFoldersOptions,
  readFolders,
} from './read-folders.ts';
export type { Settings } from './settings.ts';
export { type FilesWatch, type WatchFilesOptions, watchFiles } from './watch-files.ts';
export { type FolderWatch, type WatchFoldersOptions, watchFolders } from './watch-folders.ts';
