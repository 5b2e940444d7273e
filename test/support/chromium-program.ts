// Unpacks the browser of its package into the folder that TMPDIR names.
import chromium from '@sparticuz/chromium';

await chromium.executablePath();
