@NullMarked
package org.securemed.bench;

import org.jspecify.annotations.NullMarked;
