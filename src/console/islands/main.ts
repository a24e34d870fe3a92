/** The console's scripts. Each works by attributes in the page, also on parts that htmx brings later, and every page works without them. */
import { copyOnClick } from './copy';
import { closeDetails } from './details';
import { openDrawer } from './drawer';
import { keepTimes } from './times';
import { sendFiles } from './send-file';
import { searchByKey } from './search-key';

openDrawer(); // before closeDetails: one Escape closes one thing
copyOnClick();
closeDetails();
keepTimes();
searchByKey();
sendFiles();
