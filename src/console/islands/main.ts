/** The console's scripts. Each works by attributes in the page, also on parts that htmx brings later, and every page works without them. */
import { copyOnClick } from './copy';
import { closeDetails } from './details';
import { keepTimes } from './times';
import { searchByKey } from './search-key';

copyOnClick();
closeDetails();
keepTimes();
searchByKey();
