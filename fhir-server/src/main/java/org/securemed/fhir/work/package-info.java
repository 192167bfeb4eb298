/** What is done in the background, beside the requests, and when answers leave. */
@NullMarked
package org.securemed.fhir.work;

import org.jspecify.annotations.NullMarked;
