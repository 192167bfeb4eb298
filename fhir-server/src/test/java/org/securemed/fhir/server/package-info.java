/** The whole server over HTTP, on a real PostgreSQL. */
@NullMarked
package org.securemed.fhir.server;

import org.jspecify.annotations.NullMarked;
