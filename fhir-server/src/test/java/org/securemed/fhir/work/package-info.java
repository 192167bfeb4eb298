@NullMarked
package org.securemed.fhir.work;

import org.jspecify.annotations.NullMarked;
