package io.headgate.containers.run;

import io.headgate.containers.Conformance;
import io.headgate.containers.Container;

class TomcatTest implements Conformance {

    @Override
    public Container container() {
        return new Tomcat();
    }
}
