package io.headgate.containers.run;

import io.headgate.containers.Container;
import io.headgate.containers.VirtualThreads;
import org.apache.catalina.Engine;

class VirtualTomcatTest implements VirtualThreads {

    @Override
    public Container container() {
        return new Tomcat(context -> ((Engine) context.getParent().getParent())
                .getService()
                .findConnectors()[0]
                .setProperty("useVirtualThreads", "true"));
    }
}
