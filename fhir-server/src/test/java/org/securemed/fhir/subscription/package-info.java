@NullMarked
package org.securemed.fhir.subscription;

import org.jspecify.annotations.NullMarked;
