/** What is done in the background, beside the requests. */
@NullMarked
package org.securemed.fhir.work;

import org.jspecify.annotations.NullMarked;
