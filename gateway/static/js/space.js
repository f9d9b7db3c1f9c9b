// What every page does beyond its HTML. Each module does nothing where its elements are not there.
import { rememberTimeZone, showOwnTimes } from './timezone.js';
import { closeMenusOutside } from './menus.js';
import { startDrafts } from './drafts.js';
import { startFormReceipts } from './form_receipts.js';
import { nameFields } from './summary.js';
import { startPreviews } from './preview.js';
import { startCopying } from './copy.js';
import { startLive } from './live.js';
import { startPasskeys } from './passkeys.js';
import { startNotifications } from './notifications.js';
import { startInstalled } from './installed.js';
import { startPush } from './push.js';

rememberTimeZone();
showOwnTimes();
closeMenusOutside();
startDrafts();
startFormReceipts();
startPreviews();
startNotifications();
startCopying();
startPasskeys();
startLive();
startInstalled();
startPush();

// The summary of a form's errors is the first thing to be read.
nameFields();
document.getElementById('form-summary')?.focus();
